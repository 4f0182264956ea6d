// The report form survives a lost connection: its fields and photos are kept
// on the phone and sent once when the line is back.
import { button } from './parts';
import * as store from './store';

// submitted names the draft whose form is on its way to the city.
const submitted = 'ashar-submitted';

const key = (form: HTMLFormElement) => form.elements.namedItem('idempotency_key') as HTMLInputElement;

// settled is there once the draft of the last form is forgotten or kept to be
// sent; awaited names the one whose author looks on.
let settled: Promise<unknown> = Promise.resolve();
let awaited = '';

// deliver sends what waits and goes on where the author looks on.
async function deliver(): Promise<void> {
  const mine = (await store.send()).find((d) => d.id === awaited);
  if (mine?.next) location.href = mine.next;
}

// settle forgets a draft once the city has answered its form with another
// page; a form that came back with errors is still being written. Where the
// worker answered instead, for want of a line, the draft waits to be sent.
export function settle(): void {
  const id = sessionStorage.getItem(submitted);
  if (!id || !('indexedDB' in window)) return;
  sessionStorage.removeItem(submitted);
  if (document.querySelector('[data-offline]')) {
    awaited = id;
    settled = store.get(id).then((d) => d && store.put({ ...d, state: 'waiting' }).then(later));
    return;
  }
  const again = document.querySelector<HTMLInputElement>('form[data-island=draft] input[name=idempotency_key]');
  if (again?.value !== id) settled = store.drop(id);
}

// later asks the browser to send what waits when there is a line again, also
// when the page is closed by then.
async function later(): Promise<void> {
  const worker = (await navigator.serviceWorker?.ready) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
  await worker?.sync?.register('drafts').catch(() => undefined);
}

export function draft(el: HTMLElement): void {
  const form = el as HTMLFormElement;
  if (!('indexedDB' in window) || form.dataset.step !== 'details') return;
  if ('offline' in form.dataset) key(form).value = crypto.randomUUID(); // one page serves many reports
  const id = key(form).value;
  const fields = (): [string, string | File][] =>
    [...new FormData(form).entries()].filter(([, v]) => typeof v === 'string' || v.size > 0);
  const keep = (state: store.Draft['state']) => store.put({ id, at: Date.now(), fields: fields(), state });
  const note = document.createElement('p');
  note.className = 'govuk-hint';
  note.setAttribute('role', 'status');
  form.append(note);
  void restore(form, id);
  let timer = 0;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void keep('writing').then(() => (note.textContent = form.dataset.saved ?? '')), 800);
  });
  form.addEventListener('submit', (e) => {
    clearTimeout(timer);
    // A browser calls itself on line when only a dead network is near: whom the
    // page without a line has reached, or the worker answers, is not.
    if (navigator.onLine && !('offline' in form.dataset)) {
      // Kept until the answer is here: the line may break on the way.
      sessionStorage.setItem(submitted, id);
      void keep('writing');
      return;
    }
    e.preventDefault();
    awaited = id;
    void keep('waiting').then(async () => {
      note.textContent = form.dataset.waiting ?? '';
      note.classList.add('notice');
      for (const b of form.querySelectorAll<HTMLButtonElement>('button[type=submit]')) b.disabled = true;
      await deliver();
      await later();
    });
  });
  window.addEventListener('online', () => void deliver());
}

// restore puts the photos of a continued draft back; its words came with the page.
async function restore(form: HTMLFormElement, id: string): Promise<void> {
  const kept = await store.get(id);
  const input = form.elements.namedItem('photos') as HTMLInputElement | null;
  const files = kept?.fields.filter((f): f is [string, File] => f[1] instanceof File) ?? [];
  if (!input || files.length === 0 || form.querySelector('input[name=kept_photo]')) return;
  const list = new DataTransfer();
  for (const [, file] of files) list.items.add(file);
  input.files = list.files;
  input.dispatchEvent(new Event('change'));
}

// drafts lists what is kept on this phone, with the way on for each.
export function drafts(el: HTMLElement): void {
  if (!('indexedDB' in window)) return;
  const text = (name: string) => el.dataset[name] ?? '';
  const days = text('days').split('|');
  const moment = (ms: number) => {
    const at = new Date(ms);
    const clock = [at.getHours(), at.getMinutes()].map((n) => String(n).padStart(2, '0')).join(':');
    return `${(days[at.getMonth()] ?? '').replace('{d}', String(at.getDate()))}, ${clock}`;
  };
  const show = async () => {
    const list = (await store.all()).filter((d) => d.state !== 'sent' || d.next?.startsWith('/confirm/')).sort((a, b) => b.at - a.at);
    el.hidden = list.length === 0;
    const rows = list.map((d) => {
      const row = document.createElement('li');
      const words = document.createElement('p');
      words.className = 'drafts__words';
      words.textContent = String(d.fields.find(([n]) => n === 'text')?.[1] ?? '').slice(0, 120) || text(d.state);
      const state = document.createElement('p');
      state.className = 'govuk-hint';
      state.textContent = `${text(d.state)} · ${moment(d.at)}`;
      row.append(words, state);
      if (d.state === 'sent' && d.next) {
        const a = document.createElement('a');
        a.className = 'govuk-button';
        a.href = d.next;
        a.textContent = text('code');
        a.addEventListener('click', () => void store.drop(d.id));
        row.append(a);
        return row;
      }
      const on = button(text('continue'));
      on.addEventListener('click', () => proceed(d));
      const away = button(text('throw'), 'link-button');
      away.addEventListener('click', () => void store.drop(d.id).then(show));
      row.append(on, away);
      return row;
    });
    el.querySelector('ul')?.replaceChildren(...rows);
  };
  void settled.then(deliver).then(show);
  window.addEventListener('online', () => void deliver().then(show));
}

// proceed opens the form with the words of a draft.
function proceed(d: store.Draft): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/reports/new';
  form.enctype = 'multipart/form-data';
  const add = (name: string, value: string) => {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  };
  const place = d.fields.some(([n, v]) => (n === 'lat' || n === 'address') && v !== '');
  add('step', place ? 'what' : 'where');
  add('idempotency_key', d.id);
  for (const [name, value] of d.fields) {
    if (typeof value === 'string' && name !== 'step' && name !== 'idempotency_key') add(name, value);
  }
  document.body.append(form);
  form.submit();
}
