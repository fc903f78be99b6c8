import { findRestorePoint } from '../../repository/restore-points.ts';
import type { RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { describePoint, renderPoint } from '../render-point.ts';

export const show: RunCommand = async (context) => {
  const { args, host, signal } = context;
  const store = await storeOf(context);
  try {
    const point = await findRestorePoint(store, args[0] ?? 'latest', signal);
    const described = describePoint(point, (key) => store.objectKey(key));
    return { json: { status: 'completed', ...described }, text: renderPoint(described, host.now()) };
  } finally {
    store.close();
  }
};
