import { TestWorkflowEnvironment } from '@temporalio/testing';

/** The SDK waits five seconds for it and no longer, which on a loaded machine is not always enough. */
export const startServer = async (path: string, tries = 30): Promise<TestWorkflowEnvironment> => {
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
  } catch (error) {
    if (tries <= 1 || !String(error).includes('did not start within')) throw error;
    return startServer(path, tries - 1);
  }
};
