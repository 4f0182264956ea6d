// The report form survives a lost connection: its fields and photos are kept
// on the phone and sent once when the line is back.
import * as store from './store';

export function draft(el: HTMLElement): void {
  const form = el as HTMLFormElement;
  if (!('indexedDB' in window)) return;
  void store.send();
  window.addEventListener('online', () => void store.send());
  if (form.dataset.step !== 'details') return;
  const id = (form.elements.namedItem('idempotency_key') as HTMLInputElement).value;
  const fields = (): [string, string | File][] =>
    [...new FormData(form).entries()].filter(([, v]) => typeof v === 'string' || v.size > 0);
  const note = document.createElement('p');
  note.className = 'govuk-hint';
  note.setAttribute('role', 'status');
  form.append(note);
  let timer = 0;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      void store.put({ id, fields: fields(), waiting: false }).then(() => (note.textContent = form.dataset.saved ?? ''));
    }, 800);
  });
  form.addEventListener('submit', (e) => {
    if (navigator.onLine) {
      void store.drop(id);
      return;
    }
    e.preventDefault();
    void store.put({ id, fields: fields(), waiting: true }).then(async () => {
      note.textContent = form.dataset.waiting ?? '';
      const worker = (await navigator.serviceWorker?.ready) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
      await worker?.sync?.register('drafts').catch(() => undefined);
    });
  });
}
