/** A refusal as the protocol has it. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the body. */
  readonly elements: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message = code,
    more: { elements?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.elements = more.elements ?? {};
    this.headers = more.headers ?? {};
  }
}
