import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerOf, Faults, type FaultEffect } from './faults.ts';
import { errorResponse, handleRequest, type Backend } from './handle-request.ts';
import { operationOf, parseRequest, type S3HttpRequest, type S3HttpResponse } from './request.ts';
import { defaultSettings, newBucket, type S3Bucket, type S3Object, type S3ServerSettings } from './state.ts';

export interface S3ServerOptions extends Partial<S3ServerSettings> {
  /** A free one when absent. */
  readonly port?: number;
  /** Buckets that exist at the start, by name, with their region. */
  readonly buckets?: Readonly<Record<string, string>>;
}

export interface LoggedRequest {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined until answered, and for ever where a fault kept the answer back. */
  status: number | undefined;
}

export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly faults: Faults;
  /** Operations that are answered with AccessDenied; add and delete at will. */
  readonly denied: Set<string>;
  /** All requests so far, in the order of their arrival. */
  readonly requests: readonly LoggedRequest[];
  /** How many requests of an operation there were. */
  count(operation: string): number;
  createBucket(name: string, region?: string): void;
  buckets(): ReadonlyMap<string, S3Bucket>;
  deleteBucket(name: string): void;
  /** From now on; what was not named stays as it was. */
  change(settings: Partial<S3ServerSettings>): void;
  /** The connections there are: requests on them are read, and never answered. New connections are. */
  deafen(): void;
  /** The objects of a bucket by key; changing the map changes the store. */
  objects(bucket: string): Map<string, S3Object>;
  stop(): Promise<void>;
}

/** Starts an S3 server on 127.0.0.1 that keeps everything in memory. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { port = 0, buckets = {}, ...own } = options;
  const settings: S3ServerSettings = { ...defaultSettings, ...own };
  const denied = new Set<string>();
  const backend: Backend = { settings, denied, buckets: new Map() };
  for (const [name, region] of Object.entries(buckets)) backend.buckets.set(name, newBucket(region));
  const faults = new Faults();
  const requests: LoggedRequest[] = [];
  const connected = new Set<Socket>();
  const deaf = new WeakSet<Socket>();
  const server = createServer((incoming, outgoing) => {
    if (deaf.has(incoming.socket)) incoming.resume();
    else serve(backend, faults, requests, incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on('connection', (socket) => {
    connected.add(socket);
    socket.once('close', () => connected.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    accessKeyId: settings.accessKeyId,
    secretAccessKey: settings.secretAccessKey,
    region: settings.region,
    faults,
    denied,
    requests,
    count: (operation) => requests.filter((request) => request.operation === operation).length,
    createBucket: (name, region = settings.region) => void backend.buckets.set(name, newBucket(region)),
    deleteBucket: (name) => void backend.buckets.delete(name),
    change: (changed) => void (backend.settings = { ...backend.settings, ...changed }),
    deafen: () => connected.forEach((socket) => deaf.add(socket)),
    buckets: () => backend.buckets,
    objects: (bucket) => backend.buckets.get(bucket)?.objects ?? new Map<string, S3Object>(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  backend: Backend,
  faults: Faults,
  requests: LoggedRequest[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = parseRequest(incoming);
  const operation = operationOf(request);
  const { bucket, key, headers } = request;
  const logged: LoggedRequest = {
    operation: operation ?? 'unknown',
    bucket,
    key,
    headers,
    status: undefined,
  };
  requests.push(logged);
  const fault = faults.take(logged.operation, key);
  const isUpload = request.method === 'PUT';
  if (fault === 'reset') return reset(incoming);
  if (fault === 'stall-upload') return stopReading(incoming);
  const raw = await readBody(incoming, fault === 'reset-mid-body' && isUpload);
  if (raw === undefined || fault === 'stall') return;
  const sent = fault === 'flip-bit' && isUpload ? flipped(raw) : raw;
  if (fault === 'vanish') backend.buckets.get(bucket)?.objects.delete(key);
  const answer = respond(backend, operation, request, sent, fault);
  const { answerHeaders, clockOffset } = backend.settings;
  const date = new Date(Date.now() + clockOffset).toUTCString();
  const response = { ...answer, headers: { date, ...answerHeaders, ...answer.headers } };
  if (fault === 'lost-response') return reset(incoming);
  logged.status = response.status;
  send(incoming, outgoing, request, response, isUpload ? undefined : fault);
}

function respond(
  backend: Backend,
  operation: string | undefined,
  request: S3HttpRequest,
  raw: Buffer,
  fault: FaultEffect | undefined,
): S3HttpResponse {
  try {
    const refusal = fault === undefined ? undefined : answerOf(fault);
    if (refusal !== undefined) throw refusal;
    const alter = (body: Buffer): Buffer => (fault === 'corrupt-stored' ? flipped(body) : body);
    return handleRequest(backend, operation, request, raw, alter);
  } catch (error) {
    return errorResponse(error, backend.settings);
  }
}

/** The body as it came; undefined when the connection was reset on the way. */
async function readBody(incoming: IncomingMessage, resetHalfWay: boolean): Promise<Buffer | undefined> {
  const half = Number(incoming.headers['content-length'] ?? 0) / 2;
  const pieces: Buffer[] = [];
  let received = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    pieces.push(piece);
    received += piece.length;
    if (resetHalfWay && received >= half) {
      reset(incoming);
      return undefined;
    }
  }
  return Buffer.concat(pieces);
}

/** What the kernel takes in nevertheless is a few hundred kilobytes. */
function stopReading(incoming: IncomingMessage): void {
  incoming.once('data', () => incoming.pause());
}

function reset(incoming: IncomingMessage): void {
  incoming.socket.resetAndDestroy();
}

/** One bit of the middle byte, or of another. */
function flipped(body: Buffer, at = body.length >> 1): Buffer {
  const other = Buffer.from(body);
  if (other.length > 0) other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

/** What goes out of an answer's body. */
function spoilt(whole: Buffer, fault: FaultEffect | undefined): Buffer {
  if (fault === 'flip-bit') return flipped(whole);
  if (fault === 'flip-key') return flipped(whole, whole.indexOf('<Key>') + '<Key>'.length);
  return fault === 'truncate' ? whole.subarray(0, whole.length >> 1) : whole;
}

function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  request: S3HttpRequest,
  response: S3HttpResponse,
  fault: FaultEffect | undefined,
): void {
  const whole = Buffer.from(response.body ?? '');
  const half = whole.subarray(0, whole.length >> 1);
  const body = spoilt(whole, fault);
  const isHead = request.method === 'HEAD';
  const length = response.status === 204 ? {} : { 'content-length': body.length };
  outgoing.writeHead(response.status, { 'x-amz-request-id': 'TEST', ...response.headers, ...length });
  if (fault === 'stall-mid-body') outgoing.write(half);
  else if (fault === 'reset-mid-body') outgoing.write(half, () => setImmediate(reset, incoming));
  else outgoing.end(isHead ? undefined : body);
}
