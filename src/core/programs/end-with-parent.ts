/**
 * Loaded into the programs that this one starts, with `--import`: they end at once when their parent does, whatever ended
 * it. The channel to the parent closes even when the parent is killed with SIGKILL.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const end = (): void => void process.kill(process.pid, 'SIGKILL');
  process.once('disconnect', end);
  // Listening must not keep the program running.
  process.channel?.unref();
  if (!process.connected) end();
}
