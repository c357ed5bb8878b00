export type { Transport, TransportReader, TransportRequest, TransportResponse } from "../../contract/transport.js";
export { type UndiciTransportOptions, undiciTransport } from "./undici-transport.js";
