import { bindKeys } from './keys.ts';
import type { Desk } from './desk.ts';
import { h } from './dom.ts';
import { listen, type Hearing } from './live.ts';
import { mark } from './mark.ts';
import { morph } from './morph.ts';
import { refusalNotice } from './notice.ts';
import { Refusal } from './api.ts';
import { closeSession, showSession } from './session.ts';
import { addressOf, type Sight } from './view.ts';
import { chapters } from './views/index.ts';
import { placeOf } from './router.ts';

/** What the top of the page says of what is shown below. */
const hearingTold: Readonly<Record<Hearing, string>> = {
  live: 'live',
  unknown: 'The daemon cannot tell how things stand. Shown is what it told last.',
  lost: 'Connection lost. Shown is what was told last. Trying again…',
};

/** What comes when the session is over: it `hasEnded` unless somebody has logged out. */
type Leave = (hasEnded: boolean) => Promise<void>;

/**
 * Shows the menu and, beside it, the view that the address names; makes it again when the address changes, after an action and, for a
 * live view, whenever the daemon tells something. Ends when the session does: then `leave` begins anew.
 */
export function openShell(app: HTMLElement, given: Pick<Desk, 'session' | 'operations'>, leave: Leave): void {
  const end = new AbortController();
  const main = h('main', { id: 'main', tabindex: -1 });
  const wire = h('span', { class: 'wire', role: 'status' });
  const menu = menuOf();
  let asked = 0;
  let isAsking = false;
  let hasShown = false;

  const show = (sight: Sight, isNew: boolean): void => {
    document.title = `${sight.title} · Weir`;
    morph(main, h('main', { id: 'main', tabindex: -1 }, h('h1', {}, sight.title), sight.body));
    if (!isNew) return;
    scrollTo(0, 0);
    // Who has just come begins at the top.
    if (hasShown) main.focus({ preventScroll: true });
    hasShown = true;
  };
  const look = async (isNew: boolean, isAgain = false): Promise<void> => {
    const ours = (asked += 1);
    const { view, place, chapter } = placeOf(location.hash);
    if (isNew) {
      closeDialogs();
      for (const link of menu.querySelectorAll('a')) {
        if (link.dataset['path'] === chapter) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
      }
      main.setAttribute('aria-busy', 'true');
    }
    isAsking = true;
    try {
      const sight = await view.look(desk, place, isAgain);
      if (ours === asked && !end.signal.aborted) show(sight, isNew);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) leaveNow(true);
      // What was shown before stays while a live view is not answered: the wire says so.
      else if (ours === asked && isNew) show({ title: 'Not shown', body: refusalNotice(error) }, isNew);
    } finally {
      if (ours === asked) isAsking = false;
      main.removeAttribute('aria-busy');
    }
  };
  const leaveNow = (hasEnded: boolean): void => {
    if (end.signal.aborted) return;
    end.abort();
    closeDialogs();
    live.close();
    void leave(hasEnded);
  };
  const live = listen({
    told: () => {
      if (!isAsking && !document.hidden && placeOf(location.hash).view.isLive === true) void look(false, true);
    },
    heard: (hearing) => {
      wire.className = hearing === 'live' ? 'wire heard' : 'wire lost';
      if (wire.textContent !== hearingTold[hearing]) wire.textContent = hearingTold[hearing];
    },
    refused: () => {
      void showSession().then(
        (session) => session === undefined && leaveNow(true),
        () => undefined,
      );
    },
  });
  const desk: Desk = { ...given, live, refresh: () => look(false) };
  const logOut = (): void => void closeSession().finally(() => leaveNow(false));
  const header = headerOf(desk, wire, menu, logOut);
  app.replaceChildren(header, h('div', { class: 'frame' }, menu, main));
  addEventListener('hashchange', () => void look(true), { signal: end.signal });
  bindKeys(end.signal);
  void look(true);
}

/** What was asked of another view is asked no more. */
function closeDialogs(): void {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}

function headerOf({ session }: Desk, wire: HTMLElement, menu: HTMLElement, logOut: () => void): HTMLElement {
  const opener = h('button', { type: 'button', class: 'opener', 'aria-expanded': 'false', 'aria-controls': 'menu' }, 'Menu');
  const setOpen = (isOpen: boolean): void => {
    menu.classList.toggle('open', isOpen);
    opener.setAttribute('aria-expanded', String(isOpen));
  };
  opener.onclick = () => setOpen(!menu.classList.contains('open'));
  menu.onclick = () => setOpen(false);
  return h(
    'header',
    { class: 'top' },
    opener,
    h('a', { href: '#/', class: 'brand' }, mark(), 'Weir'),
    wire,
    h('span', { class: 'who' }, h('strong', {}, session.name), ` ${session.role}`),
    h('button', { type: 'button', onclick: logOut }, 'Log out'),
  );
}

function menuOf(): HTMLElement {
  return h(
    'nav',
    { id: 'menu', class: 'menu', 'aria-label': 'Views' },
    chapters.map(({ path, title, key }) =>
      h('a', { href: addressOf(path === '' ? [] : [path]), 'data-path': path, title: `Keys: g ${key}` }, title),
    ),
  );
}
