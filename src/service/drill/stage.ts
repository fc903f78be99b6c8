import type { DrillInput } from './drill-input.ts';
import type { DrillPrefix } from './drill-prefix.ts';
import type { DrillSource } from './drill-source.ts';
import { Place } from './place.ts';

const baseName = 'base';

/** What the exercises share: the source, and two restore points that each gets a copy of. */
export class Stage {
  readonly input: DrillInput;
  readonly prefix: DrillPrefix;
  readonly source: DrillSource;
  readonly #folder: string;
  #base: Promise<void> | undefined;

  constructor(input: DrillInput, prefix: DrillPrefix, source: DrillSource, folder: string) {
    this.input = input;
    this.prefix = prefix;
    this.source = source;
    this.#folder = folder;
  }

  /** A store with two restore points, in which an exercise may do as it likes. */
  async place(name: string): Promise<Place> {
    this.#base ??= this.#backUpTwice();
    await this.#base;
    await this.prefix.copy(baseName, name);
    return this.emptyPlace(name);
  }

  /** As `place`, and the source has changed since. */
  async changedPlace(name: string): Promise<Place> {
    const place = await this.place(name);
    await this.source.change();
    return place;
  }

  emptyPlace(name: string): Place {
    return new Place(this.input, this.prefix, this.source, this.#folder, name);
  }

  async #backUpTwice(): Promise<void> {
    const base = this.emptyPlace(baseName);
    await base.succeed('backup');
    await this.source.change();
    await base.succeed('backup');
  }
}
