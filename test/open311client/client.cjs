// A resident's and a journalist's whole job with a client written elsewhere
// (npm open311, by Code for America), in JSON. Its XML half needs a package
// that no registry has; overrides put another in its place, never called.
const assert = require('node:assert/strict');
const Open311 = require('open311');

const [discovery, jurisdiction] = process.argv.slice(2);
const city = new Open311({ discovery, jurisdiction, apiKey: 'demo-key' });
const call = (name, ...args) =>
  new Promise((done, fail) => city[name](...args, (err, data) => (err ? fail(new Error(`${name}: ${data}`)) : done(data))));

(async () => {
  const found = await call('serviceDiscovery', { cache: true });
  assert.equal(new URL(city.endpoint).pathname, '/open311/v2/');
  assert.deepEqual([...new Set(found.endpoints.map((e) => e.type))].sort(), ['production', 'test']);

  const services = await call('serviceList');
  const lamp = services.find((s) => s.service_code === 'street-light');
  assert.ok(Array.isArray(services) && services.length > 10 && lamp.service_name && lamp.metadata === true && lamp.type === 'realtime');

  const definition = await call('serviceDefinition', 'street-light');
  const fault = definition.attributes.find((a) => a.code === 'fault');
  assert.ok(fault.required && fault.values.length > 1 && fault.values[0].key);

  const sent = await call('submitRequest', {
    service_code: 'street-light', lat: 42.8746, long: 74.6036, description: 'Sent by a client written elsewhere', email: 'aidai@city.example',
    attributes: { fault: fault.values[0].key },
  });
  assert.equal(sent.length, 1);
  const id = sent[0].service_request_id;
  assert.ok(id && !sent[0].token);

  const [one] = await call('serviceRequest', id);
  assert.equal(one.status, 'open');
  assert.equal(one.service_code, 'street-light');
  assert.equal(one.description, 'Sent by a client written elsewhere');
  assert.ok(one.requested_datetime instanceof Date && !Number.isNaN(+one.requested_datetime) && +one.expected_datetime > Date.now());
  assert.equal(one.lat, 42.8746);

  const several = await call('serviceRequests', [id, 'unknown-1']);
  assert.deepEqual(several.map((r) => r.service_request_id), [id]);
  const open = await call('serviceRequests', { status: 'open', service_code: 'street-light' });
  assert.ok(open.length > 0 && open.every((r) => r.status === 'open' && r.service_code === 'street-light'));
  assert.equal(open[0].service_request_id, id);

  await assert.rejects(call('submitRequest', { service_code: 'street-light', description: 'nowhere' }), /400/);
  await assert.rejects(call('serviceDefinition', 'no-such-service'), /404/);
  city.apiKey = 'wrong';
  await assert.rejects(call('submitRequest', { service_code: 'street-light', lat: 42.8746, long: 74.6036 }), /403/);
  console.log(`a client written elsewhere did its job with request ${id}`);
})();
