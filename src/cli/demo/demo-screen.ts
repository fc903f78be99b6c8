import { styleText } from 'node:util';
import type { DemoScreen, DemoSteps, StepName } from '../../demo/demo-steps.ts';
import { formatCount, formatSeconds } from '../figures.ts';
import { canColor, canRedraw, type Host } from '../host.ts';
import { progressBar } from '../progress/progress-bar.ts';
import { ProgressMeter } from '../progress/progress-meter.ts';
import { RedrawnLine } from '../progress/redrawn-line.ts';
import { stepTexts } from './step-lines.ts';

const redrawMs = 100;
const lineEveryMs = 5000;
/** Where the times stand, when the terminal is wide enough. */
const timeColumn = 72;

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

interface Moving {
  readonly doing: string;
  readonly startedAt: number;
  readonly meter: ProgressMeter;
  rows: number;
  total: number;
}

/** The demo on standard error: a line for each step, and on a terminal a redrawn one for the step that goes on. */
export class TerminalScreen implements DemoScreen {
  readonly #host: Host;
  readonly #color: boolean;
  readonly #line: RedrawnLine | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #moving: Moving | undefined;

  constructor(host: Host, showProgress: boolean) {
    this.#host = host;
    this.#color = canColor(host.stderr, host.environment);
    this.#line = canRedraw(host.stderr, host.environment) ? new RedrawnLine(host.stderr) : undefined;
    if (showProgress) this.#timer = setInterval(() => this.#draw(), this.#line ? redrawMs : lineEveryMs);
    this.#timer?.unref();
  }

  open({ folder, store }: { readonly folder: string; readonly store: string }): void {
    this.#print('The whole path on real parts. Ctrl-C ends it and all that it started.');
    this.#print(this.#dim(`folder  ${folder}`));
    this.#print(this.#dim(`store   ${store}`));
    this.#print('');
  }

  begin(step: StepName): void {
    const meter = new ProgressMeter(() => this.#host.now());
    this.#moving = { doing: stepTexts[step].doing, startedAt: this.#host.now(), meter, rows: 0, total: 0 };
    // On a terminal at once, elsewhere when the step turns out to take long.
    if (this.#line) this.#draw();
    else this.#timer?.refresh();
  }

  progress(articles: number, total = 0): void {
    if (!this.#moving) return;
    this.#moving.rows = articles;
    this.#moving.total = total;
  }

  done<Name extends StepName>(step: Name, facts: DemoSteps[Name]): void {
    const took = formatSeconds((this.#host.now() - (this.#moving?.startedAt ?? this.#host.now())) / 1000);
    this.#moving = undefined;
    const { done, notes = [] } = stepTexts[step].lines(facts);
    this.#line?.clear();
    const column = Math.min(timeColumn, (this.#host.stderr.columns ?? 80) - 9);
    const gap = ' '.repeat(Math.max(2, column - done.length + Math.max(0, 6 - took.length)));
    this.#print(`${this.#style('green', '✓')} ${done}${this.#dim(gap + took)}`);
    for (const note of notes) this.#print(this.#dim(`  ${note}`));
  }

  /** Leaves the terminal clean. */
  close(): void {
    clearInterval(this.#timer);
    this.#moving = undefined;
    this.#line?.clear();
  }

  #draw(): void {
    if (!this.#moving) return;
    if (this.#line) this.#line.draw(this.#movingLine(this.#moving));
    else this.#print(this.#plainLine(this.#moving));
  }

  #movingLine({ doing, startedAt, meter, rows, total }: Moving): string {
    const columns = (this.#host.stderr.columns ?? 80) - 2;
    const now = this.#host.now();
    const progress = { phase: doing, rows, totalRows: total, noun: 'articles', chunks: 0, bytes: 0 };
    const pace = meter.measure(progress);
    const text =
      total > 0
        ? progressBar(progress, pace, columns, this.#color)
        : `${doing}  ${formatSeconds((now - startedAt) / 1000)}`.slice(0, Math.max(0, columns - 1));
    const frame = spinner[Math.floor(now / redrawMs) % spinner.length] ?? '';
    return `${this.#style('cyan', frame)} ${text}`;
  }

  #plainLine({ doing, startedAt, rows, total }: Moving): string {
    const far =
      rows > 0 ? `, ${formatCount(rows)}${total > 0 ? ` of ${formatCount(total)}` : ''} articles` : '';
    return `  ${doing}: ${formatSeconds((this.#host.now() - startedAt) / 1000)}${far}`;
  }

  #print(line: string): void {
    if (this.#line) this.#line.printAbove(line);
    else this.#host.stderr.write(`${line}\n`);
  }

  #dim(text: string): string {
    return this.#style('dim', text);
  }

  #style(style: 'green' | 'cyan' | 'dim', text: string): string {
    return this.#color ? styleText(style, text, { validateStream: false }) : text;
  }
}
