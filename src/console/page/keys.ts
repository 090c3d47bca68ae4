import { addressOf } from './view.ts';
import { chapters } from './views/index.ts';

/** After how long a `g` without its letter is forgotten, in milliseconds. */
const patienceMs = 1_500;

/** `g` and a letter lead to a view, `/` to its search field. They are letters while somebody writes. */
export function bindKeys(signal: AbortSignal): void {
  let goneAtMs = -Infinity;
  const answer = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || document.querySelector('dialog[open]') !== null)
      return;
    const chapter = chapters.find(({ key }) => key === event.key);
    if (event.timeStamp - goneAtMs < patienceMs && chapter !== undefined) {
      location.hash = addressOf(chapter.path === '' ? [] : [chapter.path]);
      goneAtMs = -Infinity;
    } else if (event.key === 'g') goneAtMs = event.timeStamp;
    else if (event.key === '/') {
      const search = document.querySelector<HTMLInputElement>('[data-search]');
      if (search === null) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  };
  document.addEventListener('keydown', answer, { signal });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
