/** What a text says, as far as it can be told without a model. */
export interface Reading {
  /** Words that carry meaning, in order, in one spelling each; of Chinese, the characters. */
  readonly content: readonly string[];
  /** The other words, in lower case. */
  readonly rest: readonly string[];
  /** `content` as one string: equal for texts that say the same in the same order. */
  readonly signature: string;
  /** Numbers, Chinese numerals included, in order. */
  readonly numbers: string;
  readonly negations: number;
  /** Capitalised words that do not begin a sentence, in lower case: names, mostly. And places, in Chinese. */
  readonly names: readonly string[];
  /** Signs that are not ordinary punctuation, in order: `+ # % $ = <`, brackets, and a `.` or `-` that ends or joins no words. */
  readonly symbols: string;
  /** What stands in quotes, verbatim. */
  readonly quoted: string;
}

const TOKEN =
  /\p{Script=Han}|[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|(?:(?<=^|\s)\.)?\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+)?[+#]*|(?:(?<![\p{L}\p{N}])[-+−])?\p{N}+(?:[.,:]\p{N}+)*|[^\s\p{L}\p{N}]/gu;
const HAN = /\p{Script=Han}/u;
const LETTER = /\p{L}/u;
const WORD = /[\p{L}\p{N}]/u;
const CLOSING = /[)\]}%+#]/u;
const DIGIT = /^[-+−]?\p{N}/u;
const QUOTED =
  /"([^"\n]{1,200})"|“([^”\n]{1,200})”|「([^」\n]{1,200})」|『([^』\n]{1,200})』|`([^`\n]{1,200})`|‘([^’\n]{1,200})’(?!\p{L})|(?<![\p{L}\p{N}])'([^'\n]{1,200})'(?!\p{L})/gu;

/** Words whose absence changes nothing; fewer is safer. Each was held against labelled pairs, see cache-report. */
const ARTICLES = new Set("a an the".split(" "));
const EMPTY_EN = new Set("a an the is are be been am of there please".split(" "));
const DO = new Set(["do", "does"]);
const ASKING_EN = new Set("what which who whom whose where when why how if and but so because that".split(" "));
const NEGATING_EN = new Set("not no never none nobody nothing neither nor without cannot".split(" "));
/** Words that are somebody's name in capitals. */
const LOUD_EN = new Set("us it who is am in or all can may no".split(" "));
const POLITE_ZH = /请问一下|请问|请告诉我|告诉我|我想知道|想问一下|想问|谁知道|一下|有没有人知道|到底|究竟|麻烦/gu;
const EMPTY_ZH = new Set("的呢啊呀吧嘛哦吗");
const NEGATING_ZH = new Set("不没無无未非别勿莫");
const NUMERAL_ZH = new Set("零〇一二三四五六七八九十百千万亿两俩半");
/** Chinese has no capitals: the places asked about most. Other names are left to whoever compares the texts. */
const PLACES_ZH =
  /北京|上海|天津|重庆|河[北南]|山[西东]|辽宁|吉林|黑龙江|江[苏西]|浙江|安徽|福建|湖[北南]|广[东西州]|海南|四川|贵州|云南|西[藏安]|陕西|甘肃|青[海岛]|宁夏|新疆|内蒙古|香港|澳门|台[湾北]|深圳|杭州|南[京昌宁]|成都|武汉|苏州|郑州|长[沙春]|沈阳|大连|厦门|昆明|合肥|济南|[中美英法德韩泰]国|日本|印度|俄罗斯|加拿大|澳大利亚|巴[西黎]|意大利|西班牙|越南|新加坡|纽约|伦敦|东京|首尔|莫斯科|柏林/gu;
const ASKING_ZH = /什么|怎|谁|哪|几|多少|为何|如何|吗|是不是|有没有|能不能/u;

/** Fewer content words than this are too little to go by. */
const LEAST = 2;

/** Reads a text; `null` where it says too little to be compared. Linear in its length. */
export function read(text: string): Reading | null {
  const plain = text
    .normalize("NFKC")
    .replace(POLITE_ZH, "")
    .replace(/\bcannot\b/giu, "can not")
    .replace(/n['’]t\b/giu, " not")
    .replace(/['’](?:re|m|ve|ll|d|s)\b/giu, (short) => (/s$/iu.test(short) ? "" : ` ${short.slice(1)}`));
  const shouting = plain === plain.toUpperCase();
  const content: string[] = [];
  const rest: string[] = [];
  const numbers: string[] = [];
  const names: string[] = [];
  let symbols = "";
  let negations = 0;
  let before = ""; // the token before, in lower case; "" at the start of a sentence
  let marksUpTo = -1; // where the last ordinary mark ended
  for (const found of plain.matchAll(TOKEN)) {
    const [token] = found;
    const { index } = found;
    const word = token.toLowerCase();
    if (!LETTER.test(token) && !DIGIT.test(token)) {
      if (isOrdinaryMark(plain, token, index, marksUpTo === index)) marksUpTo = index + token.length;
      else {
        symbols += token;
        content.push(token);
      }
      if (".!?。！？\n".includes(token)) before = "";
      continue;
    }
    const capital = !shouting && token !== word;
    const loud = capital && token === token.toUpperCase() && (token.length > 1 || before !== "");
    if (DIGIT.test(token) || NUMERAL_ZH.has(token)) numbers.push(token);
    if (NEGATING_EN.has(word) || NEGATING_ZH.has(token)) negations++;
    if (capital && before !== "" && token !== "I") names.push(singular(word));
    // "do" is empty only where it helps another verb.
    const empty = DO.has(word) ? before === "" || ASKING_EN.has(before) : EMPTY_EN.has(word) || EMPTY_ZH.has(token);
    // An article belongs to a word that follows; else it is a letter, or what is spoken of.
    const alone = ARTICLES.has(word) && !/^\s+[\p{L}\p{N}"'“‘]/u.test(plain.slice(index + token.length, index + 12));
    if (loud && LOUD_EN.has(word)) content.push(token);
    else if (!empty || alone || (loud && token !== "I")) content.push(singular(word));
    else rest.push(word);
    before = word;
  }
  if (content.length < LEAST) return null;
  for (const [place] of plain.matchAll(PLACES_ZH)) names.push(place);
  const quoted = [...plain.matchAll(QUOTED)]
    .map((found) => found.slice(1).find((part) => part !== undefined))
    .join("\n");
  const question = HAN.test(plain) && /[?？吗]/u.test(plain) && !ASKING_ZH.test(plain.replaceAll("吗", "")) ? "?" : "";
  const signature = `${content.join(" ")} ${question}\n${quoted}`;
  return { content, rest, signature, numbers: numbers.join(" "), negations, names, symbols, quoted };
}

const ENDING = new Set(".,!?;:…。，、！？；：~");
const QUOTING = new Set("'\"“”‘’「」『』《》`");

/**
 * Whether a mark only ends a clause, quotes or joins words, and may so be left out.
 *
 * @param afterMark another such mark stands directly before it.
 */
function isOrdinaryMark(text: string, mark: string, at: number, afterMark: boolean): boolean {
  const previous = text.charAt(at - 1);
  const next = text.charAt(at + mark.length);
  if (mark === "–" || mark === "—") return true;
  if (mark === "-") return LETTER.test(previous) && LETTER.test(next);
  if (QUOTING.has(mark)) return WORD.test(previous) || WORD.test(next) || afterMark || ENDING.has(next);
  if (!ENDING.has(mark)) return false;
  const follows = mark === "~" ? LETTER.test(previous) : WORD.test(previous) || afterMark || CLOSING.test(previous);
  return follows && (!WORD.test(next) || HAN.test(next) || (LETTER.test(next) && ",，、。！？；：…".includes(mark)));
}

/** The share of words two texts have in common, 0..1 (Dice's coefficient), the empty ones included. */
export function likeness(one: Reading, other: Reading): number {
  const counts = new Map<string, number>();
  for (const word of [...one.content, ...one.rest]) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of [...other.content, ...other.rest]) {
    const left = counts.get(word) ?? 0;
    if (left === 0) continue;
    counts.set(word, left - 1);
    common++;
  }
  const all = one.content.length + one.rest.length + other.content.length + other.rest.length;
  return all === 0 ? 0 : (2 * common) / all;
}

/** English plurals in the singular; longer words only, and never -ss, -us, -is. */
function singular(word: string): string {
  if (word.length <= 4 || !word.endsWith("s") || /(?:ss|us|is)$/u.test(word)) return word;
  return word.endsWith("ies") ? `${word.slice(0, -3)}y` : word.slice(0, -1);
}
