import { MemoryStore } from '../../src/store/memory-store.ts';
import { describeStore } from './contract.ts';

describeStore('MemoryStore', { open: async () => new MemoryStore(), ifMatch: true });
