import { findRestorePoint } from '../../repository/restore-points.ts';
import type { RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { describePoint, pointJson, renderPoint } from '../render-point.ts';

export const show: RunCommand = async (context) => {
  const { args, host, signal } = context;
  const store = await storeOf(context);
  try {
    const point = await findRestorePoint(store, args[0] ?? 'latest', signal);
    const objectKey = (key: string) => store.objectKey(key);
    const described = describePoint(point, objectKey);
    return {
      json: { status: 'completed', ...pointJson(described, objectKey) },
      text: renderPoint(described, objectKey, host.now()),
    };
  } finally {
    store.close();
  }
};
