/** What the tests of an application import, whatever runs them. */
export {
  createTestApp,
  type TestApp,
  type TestAppOptions,
  type TestUser,
  testPassword,
} from './create-test-app.js';
export { type TestAnswer, type TestCall, TestClient, TestPerson } from './test-client.js';
export { TestClock } from './test-clock.js';
