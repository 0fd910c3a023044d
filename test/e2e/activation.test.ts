import { useWorkbench } from '../support/host/useWorkbench.ts';

describe('a new window', () => {
  const workbench = useWorkbench();

  it('shows Cachify in the Activity Bar', async () => {
    await workbench().activityIcon('Cachify').waitFor();
    await workbench().openContainer('Cachify');
    await workbench().view('Connections').waitFor();
  });
});
