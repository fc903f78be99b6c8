/**
 * How a column's `COPY` text becomes JSON. The class is recorded in the manifest, so that a reader needs no
 * knowledge of PostgreSQL types to undo it:
 *
 * | encoding      | COPY text                        | JSON                                            |
 * |---------------|----------------------------------|-------------------------------------------------|
 * | `integer`     | `-42`                            | `-42` (a JSON number of any size)               |
 * | `float`       | `1e-05`, `NaN`, `Infinity`       | `1e-05`; what is not finite is a JSON string    |
 * | `boolean`     | `t`, `f`                         | `true`, `false`                                 |
 * | `timestamp`   | `2025-05-27 00:07:50.25`         | `"2025-05-27T00:07:50.25"`                      |
 * | `timestamptz` | `2025-05-27 00:07:50+00`         | `"2025-05-27T00:07:50Z"`                        |
 * | `text`        | any other                        | a JSON string holding PostgreSQL's text         |
 *
 * SQL NULL is JSON `null` in every class.
 */
export const columnEncodings = ['integer', 'float', 'boolean', 'timestamp', 'timestamptz', 'text'] as const;
export type ColumnEncoding = (typeof columnEncodings)[number];

/** What the codec must know of a column. */
export interface ColumnFormat {
  readonly name: string;
  readonly encoding: ColumnEncoding;
}

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];
