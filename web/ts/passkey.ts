// Passkeys: the server asks, the device makes or uses a key, the server
// checks. Where the browser has none, no button appears and the code by mail
// does the job.
const bytes = (s: string) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

const text = (b: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

type Named = { id: string; type: 'public-key' };
type Options = Record<string, unknown> & { challenge: string; user?: { id: string }; excludeCredentials?: Named[]; allowCredentials?: Named[] };

const named = (list: Named[] = []) => list.map((c) => ({ ...c, id: bytes(c.id) }));

// Older browsers have no parseCreationOptionsFromJSON, so the texts of the
// options are made bytes here.
function decode(o: Options): unknown {
  return {
    ...o,
    challenge: bytes(o.challenge),
    ...(o.user ? { user: { ...o.user, id: bytes(o.user.id) } } : {}),
    excludeCredentials: named(o.excludeCredentials),
    allowCredentials: named(o.allowCredentials),
  };
}

function encode(c: PublicKeyCredential): unknown {
  const r = c.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Record<string, unknown> = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    if (r.userHandle) response.userHandle = text(r.userHandle);
  }
  return { id: c.id, rawId: text(c.rawId), type: c.type, response };
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const doc = await answer.json();
  if (!answer.ok) throw new Error(doc.errors?.[0]?.message ?? '');
  return doc;
}

export function passkey(el: HTMLElement, b: HTMLButtonElement): void {
  if (!('PublicKeyCredential' in window) || !navigator.credentials) return;
  const { begin = '', finish = '', back = '', failed = '' } = el.dataset;
  const note = document.createElement('p');
  note.className = 'govuk-error-message';
  note.setAttribute('role', 'status');
  b.addEventListener('click', async () => {
    b.disabled = true;
    note.textContent = '';
    try {
      const asked = await post(begin, {});
      const publicKey = decode(asked.publicKey as Options);
      const got = el.dataset.make
        ? await navigator.credentials.create({ publicKey: publicKey as PublicKeyCredentialCreationOptions })
        : await navigator.credentials.get({ publicKey: publicKey as PublicKeyCredentialRequestOptions });
      const done = await post(finish, { ceremony: asked.ceremony, back, credential: encode(got as PublicKeyCredential) });
      location.assign(String(done.to));
    } catch (e) {
      // Who closed the browser's question is told the same as who failed it.
      note.textContent = (e instanceof DOMException ? '' : (e as Error).message) || failed;
      b.disabled = false;
    }
  });
  el.append(b, note);
}
