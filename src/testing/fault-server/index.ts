export { after, answers, html, json, redirect, text } from "./answers.js";
export { type Blackhole, createBlackhole, refusedUrl } from "./blackhole.js";
export {
  badChunk,
  badGzip,
  closeDelimited,
  cutBody,
  deepJson,
  endless,
  gzipBomb,
  gzipped,
  unterminated,
  wrongLength,
} from "./body-faults.js";
export type { CertificateFault } from "./certificates.js";
export {
  type AnswerOptions,
  completion,
  DONE,
  delta,
  event,
  finishEvent,
  roleEvent,
  streamOf,
  textEvent,
  usageEvent,
} from "./chat-shapes.js";
export {
  closeAfterRequest,
  closeOnAccept,
  closesUnderNext,
  garbage,
  halfHeaders,
  halfStatusLine,
  headersThenSilence,
  hugeHeader,
  interim,
  resetAfterRequest,
  resetOnAccept,
  silence,
  slowHeaders,
} from "./connection-faults.js";
export { createFaultServer, type FaultServer, type FaultServerOptions } from "./server.js";
export {
  cutStream,
  drip,
  keepAliveOnly,
  lingers,
  longLine,
  type StreamEnd,
  type StreamPart,
  stream,
  tinyEvents,
} from "./stream-faults.js";
export type { Exchange, Fault, RecordedRequest } from "./types.js";
export { VENDOR_ERRORS, type VendorError, type VendorErrors, vendorError } from "./vendor-errors.js";
