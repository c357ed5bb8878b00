/**
 * The version of OpenTelemetry's semantic conventions whose GenAI words are used here (status: development). A test
 * holds every `gen_ai` word against that version's own list.
 */
export const SEMCONV_VERSION = "1.45.0";

export const INPUT_MESSAGES = "gen_ai.input.messages";
export const OUTPUT_MESSAGES = "gen_ai.output.messages";
export const SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions";

export const METRIC_DURATION = "gen_ai.client.operation.duration";
export const METRIC_TOKENS = "gen_ai.client.token.usage";
export const METRIC_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk";

/** Bucket bounds that the conventions advise, seconds and tokens. */
export const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
export const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
