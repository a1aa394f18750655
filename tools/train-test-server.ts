import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { freePort } from '../test/servers/free-port.ts';
import { exists } from './stamp.ts';

type Server = Connection;
const { CommandType } = proto.temporal.api.enums.v1;

const common = { namespace: 'default', taskQueue: { name: 'training' }, identity: 'training' } as const;

/** The calls that a worker and a client make of a workflow with a timer and an activity. */
const play = async ({ workflowService: server }: Server): Promise<void> => {
  const { namespace, taskQueue, identity } = common;
  const { runId } = await server.startWorkflowExecution({
    ...common,
    ...{ workflowId: 'training', requestId: 'training', workflowType: { name: 'training' } },
  });
  const workflowExecution = { workflowId: 'training', runId };
  const respond = async (commands: readonly temporal.api.command.v1.ICommand[]): Promise<void> => {
    const { taskToken } = await server.pollWorkflowTaskQueue(common);
    await server.respondWorkflowTaskCompleted({
      ...{ namespace, identity, taskToken },
      commands: [...commands],
    });
  };
  await respond([
    {
      commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
      scheduleActivityTaskCommandAttributes: {
        ...{ activityId: '1', activityType: { name: 'training' }, taskQueue },
        ...{ scheduleToCloseTimeout: msToTs('60s'), heartbeatTimeout: msToTs('10s') },
      },
    },
  ]);
  const { taskToken } = await server.pollActivityTaskQueue(common);
  await server.recordActivityTaskHeartbeat({ namespace, identity, taskToken });
  await server.respondActivityTaskCompleted({ namespace, identity, taskToken });
  await server.signalWorkflowExecution({ namespace, identity, workflowExecution, signalName: 'training' });
  await respond([
    {
      commandType: CommandType.COMMAND_TYPE_START_TIMER,
      startTimerCommandAttributes: { timerId: '1', startToFireTimeout: msToTs('1s') },
    },
  ]);
  await respond([
    {
      commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
      completeWorkflowExecutionCommandAttributes: {},
    },
  ]);
  await server.describeWorkflowExecution({ namespace, execution: workflowExecution });
  await server.getWorkflowExecutionHistory({ namespace, execution: workflowExecution });
};

/**
 * How the server is started. `$0` may be a relative path, and the class path has to hold from any folder. An archive of
 * another Java is passed over, in silence.
 */
export const launcher = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1
classes="$here/classes.jsa"
[ -f "$classes" ] || classes=
exec java -Xlog:disable -Xlog:all=error:stderr \${classes:+"-XX:SharedArchiveFile=$classes"} \${SLUICE_TRAIN:+"-XX:ArchiveClassesAtExit=$SLUICE_TRAIN"} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$here/lib/*" io.temporal.testserver.TestServer "$@"
`;

/**
 * Lets Java keep the classes that the test server loads, in an archive beside `program`: each of some hundred starts
 * of a test run takes half the processor time then. It holds for the place where it was made, so it is made there.
 */
export async function trainTestServer(program: string): Promise<void> {
  const folder = path.dirname(program);
  const archive = path.join(folder, 'classes.jsa');
  // One that was downloaded is no Java program.
  if (!(await exists(path.join(folder, 'lib'))) || (await exists(archive))) return;
  // Renamed into place: somebody may be starting the one that is there.
  const own = String(process.pid);
  await writeFile(`${program}.${own}`, launcher, { mode: 0o755 });
  await rename(`${program}.${own}`, program);
  const unfinished = `${archive}.${own}`;
  const port = await freePort();
  const env = { ...process.env, SLUICE_TRAIN: unfinished };
  const server = spawn(program, [String(port)], { env, stdio: 'ignore' });
  const ended = once(server, 'exit');
  try {
    const connection = await Connection.connect({
      address: `127.0.0.1:${String(port)}`,
      connectTimeout: '60s',
    });
    await play(connection).finally(() => connection.close());
    server.kill('SIGTERM');
    await ended;
    if (await exists(unfinished)) await rename(unfinished, archive);
  } finally {
    server.kill('SIGKILL');
    await ended;
    await rm(unfinished, { force: true });
  }
}
