import { showLogin } from './login.ts';
import { refusalNotice } from './notice.ts';
import { loadOperations } from './operations.ts';
import { showSession } from './session.ts';
import { openShell } from './shell.ts';

const app = document.querySelector<HTMLElement>('#app') as HTMLElement;

/** Shows the console to whoever has a session, and the way in to whoever has none, or `hasEnded`: has none any more. */
async function begin(hasEnded = false): Promise<void> {
  // Nothing of it is looked at while nobody knows who looks.
  if (hasEnded) app.replaceChildren();
  try {
    const session = await showSession();
    if (session === undefined) showLogin(app, begin, hasEnded);
    else openShell(app, { session, operations: await loadOperations() }, begin);
  } catch (error) {
    app.replaceChildren(refusalNotice(error));
  }
}

document.querySelector<HTMLElement>('.skip')?.addEventListener('click', (event) => {
  // The address says which view is shown: it stays.
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
});
await begin();
