import { h } from './dom.ts';

/**
 * Shows the HTML of a mail in a frame in which no script runs, whatever the mail holds, and that fetches nothing of another host. The
 * policy of this page holds in the frame too and lets no style stand in HTML: so styles are taken aside before it is parsed, and set as
 * properties after. That is for the looks alone: it is the frame and the policy that keep scripts out.
 */
export function mailFrame(html: string): HTMLElement {
  const mail = new DOMParser().parseFromString(html.replace(/<[a-z/][^>]*>/gi, asideOf), 'text/html');
  const sheets = [...mail.querySelectorAll('title[data-sheet]')].map((sheet) => sheet.textContent);
  const unwanted = 'title[data-sheet], script, link, meta[http-equiv], base, iframe, object, embed, form';
  for (const element of mail.querySelectorAll(unwanted)) element.remove();
  // Its document is reached from here, to set what it looks like; its scripts are off all the same.
  const frame = h('iframe', {
    class: 'mail-frame',
    title: 'The mail',
    sandbox: 'allow-same-origin',
    srcdoc: mail.documentElement.outerHTML,
  });
  frame.onload = () => dress(frame, sheets);
  return frame;
}

/** A tag without what the policy would stop and tell: its style and its handlers under names that mean nothing. */
function asideOf(tag: string): string {
  return tag
    .replace(/^<style\b/i, '<title data-sheet')
    .replace(/^<\/style\b/i, '</title')
    .replace(/([\s"'/])style(?=\s*=)/gi, '$1data-style')
    .replace(/([\s"'/])on[a-z]+(?=\s*=)/gi, '$1data-on');
}

function dress(frame: HTMLIFrameElement, sheets: readonly string[]): void {
  const { contentDocument: inside, contentWindow: view } = frame;
  if (inside === null || view === null) return;
  for (const element of inside.querySelectorAll<HTMLElement>('[data-style]')) element.style.cssText = element.dataset['style'] ?? '';
  const { CSSStyleSheet: Styles } = view as unknown as typeof globalThis;
  inside.adoptedStyleSheets = sheets.map((text) => {
    const styles = new Styles();
    styles.replaceSync(text);
    return styles;
  });
  frame.style.height = `${Math.min(inside.documentElement.scrollHeight, 900)}px`;
}
