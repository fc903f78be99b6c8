import { enableCompileCache } from 'node:module';
import { compiledFolder } from './program-files.ts';
import { keepHeapSmall } from './small-heap.ts';

/**
 * To be called before the program is loaded. The compiled code is kept beside the program: nobody can write there who could not write
 * the program itself. Where this user cannot, every process compiles.
 */
export function prepareProcess(): void {
  keepHeapSmall();
  if (compiledFolder !== undefined) enableCompileCache(compiledFolder);
}
