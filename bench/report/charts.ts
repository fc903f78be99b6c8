/** Charts as GitHub and most other viewers of Markdown draw them: Mermaid's `xychart-beta`. */

interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly names: readonly string[];
  readonly values: readonly number[];
}

export function barChart({ title, unit, names, values }: BarChart): string[] {
  const bars = values.map(figure).join(', ');
  return mermaid(title, `x-axis [${names.map(quoted).join(', ')}]`, unit, values, [`bar [${bars}]`]);
}

interface LineChart {
  readonly title: string;
  readonly unit: string;
  readonly axis: string;
  /** Labels along the axis: points stand at equal distances. */
  readonly names: readonly string[];
  readonly lines: readonly (readonly number[])[];
}

export function lineChart({ title, unit, axis, names, lines }: LineChart): string[] {
  const drawn = lines.map((values) => `line [${values.map(figure).join(', ')}]`);
  const xAxis = `x-axis ${quoted(axis)} [${names.map(quoted).join(', ')}]`;
  return mermaid(title, xAxis, unit, lines.flat(), drawn);
}

function mermaid(
  title: string,
  xAxis: string,
  unit: string,
  values: readonly number[],
  drawn: readonly string[],
): string[] {
  const most = Math.max(...values);
  if (!(most > 0)) return [];
  const lines = [`title ${quoted(title)}`, xAxis, `y-axis ${quoted(unit)} 0 --> ${ceiling(most)}`, ...drawn];
  return ['```mermaid', 'xychart-beta', ...lines.map((line) => `  ${line}`), '```', ''];
}

/** The next of 1, 2 and 5 times a power of ten that has room for the value. */
function ceiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 5, 7.5, 10].find((each) => each * power >= value) ?? 10;
  return Number((factor * power).toPrecision(2));
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}
