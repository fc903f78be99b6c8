/** A document of one element; nested values are written as they are. */
export function document(name: string, content: string): string {
  const namespace = name === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${namespace}>${content}</${name}>`;
}

export function element(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escape(String(value))}</${name}>`;
}

export function nested(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** The texts of all elements of a name, at any depth. */
export function textsOf(xml: string, name: string): string[] {
  return contentsOf(xml, name).map(unescape);
}

/** The raw contents of all elements of a name. */
export function contentsOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g');
  return [...xml.matchAll(pattern)].map((match) => match[1] ?? '');
}

const entities: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
];

function escape(text: string): string {
  return entities.reduce((all, [plain, entity]) => all.replaceAll(plain, entity), text);
}

function unescape(text: string): string {
  return entities.toReversed().reduce((all, [plain, entity]) => all.replaceAll(entity, plain), text);
}
