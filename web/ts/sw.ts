// The service worker: pages come from the network first; without one the
// offline page says what is kept. Built files never change under their name.
import { send, type Draft } from './store';

declare const self: ServiceWorkerGlobalScope & { PRECACHE: string[]; SENT: string };
const shell = 'shell-' + self.PRECACHE.join();

self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(shell).then((c) => c.addAll(self.PRECACHE.filter(Boolean))));
  void self.skipWaiting();
});

self.addEventListener('activate', (e) => {
  e.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((n) => n !== shell && n !== 'assets').map((n) => caches.delete(n)))),
  );
});

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (url.origin !== location.origin) return;
  if (e.request.method === 'POST' && e.request.mode === 'navigate' && url.pathname === '/reports/new') {
    // What was sent into a dead line is kept by the page: it goes on where that is listed.
    e.respondWith(fetch(e.request).catch(() => Response.redirect('/reports/new', 303)));
    return;
  }
  if (e.request.method !== 'GET') return;
  if (url.pathname.startsWith('/assets/')) {
    e.respondWith(
      caches.match(e.request).then(
        (hit) =>
          hit ??
          fetch(e.request).then(async (answer) => {
            if (answer.ok) await (await caches.open('assets')).put(e.request, answer.clone());
            return answer;
          }),
      ),
    );
    return;
  }
  if (e.request.mode === 'navigate') {
    // Without a line a report can still be written.
    const page = url.pathname === '/reports/new' ? '/reports/offline' : '/offline';
    e.respondWith(fetch(e.request).catch(async () => (await caches.match(page)) ?? Response.error()));
  }
});

self.addEventListener('sync', (e) => {
  const sync = e as ExtendableEvent & { tag: string };
  if (sync.tag === 'drafts') sync.waitUntil(send().then(tell));
});

// tell says that a report has gone, and leads to its code or its page.
async function tell(sent: Draft[]): Promise<void> {
  if (Notification.permission !== 'granted') return;
  for (const d of sent) await self.registration.showNotification(self.SENT, { tag: d.id, data: d.next });
}

self.addEventListener('push', (e) => {
  const m = e.data?.json() as { title: string; body: string; url: string; tag: string; lang: string } | undefined;
  if (!m) return;
  e.waitUntil(self.registration.showNotification(m.title, { body: m.body, tag: m.tag, lang: m.lang, data: m.url }));
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  e.waitUntil(self.clients.openWindow((e.notification.data as string) || '/'));
});
