import { afterAll, onTestFinished, TestRunner } from 'vitest';

type Action = () => Promise<void>;

// Registered while the file is collected: vitest ignores an afterAll that a beforeAll registers.
const atEndOfFile: Action[] = [];
afterAll(async () => {
  for (const action of atEndOfFile.splice(0).toReversed()) await action();
});

/**
 * Has `action` run when the current test ends or, called at the top of a file or in its `beforeAll`, when the
 * file ends; the last registered first. To be called before the first `await` of a helper, while it is known
 * which test is current.
 */
export function cleanUpLater(action: Action): void {
  if (TestRunner.getCurrentTest()) onTestFinished(action);
  else atEndOfFile.push(action);
}
