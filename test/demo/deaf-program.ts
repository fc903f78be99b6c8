/** Ignores every signal that can be ignored, says so, and goes on. */
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
console.error('listening to nobody');
setInterval(() => undefined, 60_000);
