/** A metric as the text format tells it. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: Record<string, string>; readonly value: number }[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/y;

/** Reads Prometheus' text format (0.0.4), strictly: whatever it does not know is an error. */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  let help = "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const meta = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (meta) {
      const [, kind, name = "", rest = ""] = meta;
      if (kind === "HELP") help = rest;
      else {
        if (families.has(name)) throw new Error(`${name} is told twice`);
        current = { name, help, type: rest, samples: [] };
        families.set(name, current);
      }
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (!sample || !current) throw new Error(`not a sample: ${line}`);
    const [, name = "", labels = "", value = ""] = sample;
    if (name.replace(/_(bucket|sum|count)$/, "") !== current.name && name !== current.name)
      throw new Error(`stray: ${line}`);
    const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
    if (Number.isNaN(number)) throw new Error(`not a number: ${line}`);
    current.samples.push({ name, labels: labelsOf(labels, line), value: number });
  }
  for (const family of families.values()) if (family.type === "histogram") checkBuckets(family);
  return families;
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const label = LABEL.exec(text);
    if (!label) throw new Error(`not a label: ${line}`);
    labels[label[1] ?? ""] = label[2] ?? "";
  }
  return labels;
}

/** Buckets only grow, and the last one holds the count. */
function checkBuckets({ name, samples }: Family): void {
  let last = 0;
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) {
      if (sample.name === `${name}_count` && sample.value !== last)
        throw new Error(`${name}: count is not the last bucket`);
      if (sample.name === `${name}_count`) last = 0;
      continue;
    }
    if (sample.value < last) throw new Error(`${name}: a bucket shrinks`);
    last = sample.value;
  }
}
