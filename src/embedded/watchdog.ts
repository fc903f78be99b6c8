/**
 * The process between a program and its throw-away server. The server and its folder are made here, so
 * whatever ends the program, SIGKILL included, closes the channel to this process, which then ends the server
 * and removes the folder. It runs in a session of its own: Ctrl-C in a terminal does not reach it.
 */
import { BackupError, messageOf } from '../core/errors.ts';
import { ThrowAwayServer } from './throw-away-server.ts';
import type { ServerFacts, WatchdogOrder, WatchdogReply, WatchdogRequest } from './watchdog-protocol.ts';

// Hides the path of this file, so that `pkill -f` for the program does not also end what cleans up after it.
process.title = 'throwaway-postgres-watchdog';

const ending = new AbortController();
const server = new ThrowAwayServer(ending.signal);
let work: Promise<void> = Promise.resolve();

process.on('message', (request: WatchdogRequest) => {
  work = work.then(() => answer(request));
});
process.once('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
// The program may be gone already: then there was nobody to tell of it.
if (!process.connected) end();

async function answer({ id, order }: WatchdogRequest): Promise<void> {
  try {
    send({ id, facts: await carryOut(order) });
  } catch (error) {
    const hint = error instanceof BackupError ? { hint: error.hint } : {};
    send({ id, failure: messageOf(error), ...hint });
  }
}

async function carryOut(order: WatchdogOrder): Promise<ServerFacts> {
  if (order.verb === 'create') return server.create(order.plan);
  if (order.verb === 'start') return server.start();
  return server.stop(order.mode);
}

function send(reply: WatchdogReply): void {
  // A failed send means that the program has just gone, which `disconnect` reports.
  if (process.connected) process.send?.(reply, () => {});
}

function end(): void {
  if (ending.signal.aborted) return;
  ending.abort();
  void work
    .then(() => server.remove())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
}
