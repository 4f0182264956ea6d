// The drafts of this phone, in IndexedDB: fields and photos of a report that
// is being written or waits for a connection.
export interface Draft {
  id: string;
  fields: [string, string | File][];
  waiting: boolean;
}

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const r = indexedDB.open('ashar', 1);
    r.onupgradeneeded = () => r.result.createObjectStore('drafts', { keyPath: 'id' });
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
export const all = () => run<Draft[]>('readonly', (s) => s.getAll());

// send delivers the drafts that wait. The key in each makes a repeat harmless.
// What the city refused is kept: only its author may throw the words away.
export async function send(): Promise<void> {
  for (const d of await all()) {
    if (!d.waiting) continue;
    const body = new FormData();
    for (const [name, value] of d.fields) body.append(name, value);
    const answer = await fetch('/reports/new', { method: 'POST', body, headers: { 'Idempotency-Key': d.id } }).catch(() => null);
    if (!answer || answer.status >= 500 || answer.status === 429) continue;
    if (answer.ok) await drop(d.id);
    else await put({ ...d, waiting: false });
  }
}
