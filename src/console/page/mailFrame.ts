import { h } from './dom.ts';

/**
 * Shows the HTML of a mail in a frame in which no script runs, whatever the mail holds, and that fetches nothing. The policy of this page
 * holds in the frame too and lets no style stand in HTML: so styles are taken out before it is loaded, and set as properties after.
 */
export function mailFrame(html: string): HTMLElement {
  const mail = new DOMParser().parseFromString(html, 'text/html');
  const sheets = [...mail.querySelectorAll('style')].map((style) => style.textContent);
  for (const element of mail.querySelectorAll('script, style, link, meta[http-equiv], base, iframe, object, embed, form')) element.remove();
  for (const element of mail.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) if (name.startsWith('on')) element.removeAttribute(name);
    const style = element.getAttribute('style');
    element.removeAttribute('style');
    if (style !== null) element.setAttribute('data-style', style);
  }
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
