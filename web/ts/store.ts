// The drafts of this phone, in IndexedDB: fields and photos of a report that
// is being written, waits for a connection, or was sent while nobody looked.
export interface Draft {
  id: string;
  at: number; // when it was last touched, milliseconds
  fields: [string, string | File][];
  state: 'writing' | 'waiting' | 'refused' | 'sent';
  next?: string; // page to go on with once it is sent
}

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const r = indexedDB.open('ashar', 2);
    r.onupgradeneeded = () => {
      if (!r.result.objectStoreNames.contains('drafts')) r.result.createObjectStore('drafts', { keyPath: 'id' });
    };
    r.onsuccess = () => done(r.result);
    r.onerror = () => fail(r.error);
  });
}

async function run<T>(mode: IDBTransactionMode, fn: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  return new Promise((done, fail) => {
    const t = db.transaction('drafts', mode);
    const r = fn(t.objectStore('drafts'));
    t.oncomplete = () => {
      db.close();
      done(r.result);
    };
    t.onerror = () => fail(t.error);
  });
}

export const put = (d: Draft) => run('readwrite', (s) => s.put(d));
export const drop = (id: string) => run('readwrite', (s) => s.delete(id));
export const get = (id: string) => run<Draft | undefined>('readonly', (s) => s.get(id));
export const all = () => run<Draft[]>('readonly', (s) => s.getAll());

// send delivers the drafts that wait. The key in each makes a repeat harmless,
// also when page and service worker do it at once. What the city refused is
// kept: only its author may throw the words away. It returns what was sent.
export async function send(): Promise<Draft[]> {
  const sent: Draft[] = [];
  for (const d of await all()) {
    if (d.state !== 'waiting') continue;
    const body = new FormData();
    for (const [name, value] of d.fields) body.append(name, value);
    const answer = await fetch('/reports/new', { method: 'POST', body, headers: { 'Idempotency-Key': d.id } }).catch(() => null);
    if (!answer || answer.status >= 500 || answer.status === 429) continue;
    const at = new URL(answer.url).pathname;
    const done: Draft = answer.ok && at !== '/reports/new' ? { ...d, fields: [], state: 'sent', next: at } : { ...d, state: 'refused' };
    await put(done);
    if (done.state === 'sent') sent.push(done);
  }
  return sent;
}
