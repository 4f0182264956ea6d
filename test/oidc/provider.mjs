// An OpenID provider as a country might run one. It listens on a free port of
// this machine, prints its address, and knows everybody by the login they type.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [redirect, inToken] = process.argv.slice(2);
const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'ashar', client_secret: 'a-secret-of-the-city', redirect_uris: [redirect],
    grant_types: ['authorization_code'], response_types: ['code'],
  }],
  pkce: { required: () => true, methods: ['S256'] },
  claims: { openid: ['sub'], profile: ['name', 'family_name', 'given_name'], pin: ['personal_number'] },
  scopes: ['openid', 'profile', 'pin'],
  // By the book these claims are told at the userinfo endpoint; some providers
  // put them into the token.
  conformIdTokenClaims: inToken !== 'in-token',
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ['of this test alone'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, family_name: 'Осмонова', given_name: `Айдай ${id}`, personal_number: `2150619990${id.length}${id}` }),
  }),
});
server.on('request', provider.callback());
console.log(issuer);
