import type { Clock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { networkKey, subnetKey } from './address-key.js';
import type { Policy } from './policy.js';
import { type Verdict, verdictOf } from './verdict.js';
import { WindowTable } from './window-table.js';

/** A shared bucket holds several clients, so it is wider: a network ten times, everybody else together a hundred times. */
const networkShare = 10;
const everybodyShare = 100;
const everybody = '*';

export interface MemoryCounter {
  /** Counts one request of `key` (an `addressKey`, or a principal's). A refused one costs nothing: waiting always helps. */
  take(key: string, policy: Policy): Verdict;
}

interface Tables {
  readonly single: WindowTable;
  readonly network: WindowTable;
  readonly everybody: WindowTable;
}

/**
 * The general limit: exact sliding windows (see WindowTable) in this process, synchronous, well under a microsecond.
 *
 * An IPv6 client also counts in its /48, ten times as wide, because who holds a /48 has 65,536 buckets otherwise. An
 * IPv4 /24 does not: its addresses are so few, and so many people's.
 *
 * At most `maxKeys` keys a policy are held. Beyond it a key that is not held yet counts by its network (IPv4 /24,
 * IPv6 /48; a tenth as many of these), and beyond those in one bucket for everybody else. So an attacker with
 * millions of addresses neither makes the process grow nor puts anybody's count out. Policies come from the code,
 * never from a request. Processes count apart (docs: threat model).
 */
export function createMemoryCounter(options: { clock: Clock; maxKeys?: number }): MemoryCounter {
  const { clock, maxKeys = 100_000 } = options;
  const tablesOf = new Map<string, Tables>();

  const tablesFor = (policy: Policy): Tables => {
    const known = tablesOf.get(policy.name);
    if (known !== undefined) return assertSame(known, policy);
    const made = createTables(policy, maxKeys);
    tablesOf.set(policy.name, made);
    return made;
  };

  return {
    take(key, policy) {
      const now = clock.now();
      const tables = tablesFor(policy);
      const subnet = subnetKey(key);
      return subnet === undefined ? takeSingle(tables, key, now) : takeInSubnet(tables, key, subnet, now);
    },
  };
}

function createTables(policy: Policy, maxKeys: number): Tables {
  const wider = (factor: number): Policy => ({ ...policy, requests: policy.requests * factor });
  return {
    single: new WindowTable(policy, maxKeys),
    network: new WindowTable(wider(networkShare), Math.ceil(maxKeys / 10)),
    everybody: new WindowTable(wider(everybodyShare), 1),
  };
}

/** Two policies of one name would share counts by mistake. */
function assertSame(tables: Tables, { name, requests, windowSeconds }: Policy): Tables {
  const known = tables.single.policy;
  if (known.requests === requests && known.windowSeconds === windowSeconds) return tables;
  throw new ConfigurationError(
    'ERR_POLICY_NAME',
    `two limits are named "${name}" and differ: name one otherwise`,
  );
}

const slotOf = (table: WindowTable, key: string, now: number): number | undefined =>
  table.find(key) ?? table.open(key, now);

function takeSingle(tables: Tables, key: string, now: number): Verdict {
  const slot = slotOf(tables.single, key, now);
  return slot === undefined ? takeShared(tables, key, now) : takeFrom(tables.single, slot, now);
}

/** Counts in both or in neither; a subnet that is full opens no slot for its next client. No room for the subnet: by client alone. */
function takeInSubnet(tables: Tables, key: string, subnet: string, now: number): Verdict {
  const shared = slotOf(tables.network, subnet, now);
  if (shared === undefined) return takeSingle(tables, key, now);
  if (tables.network.count(shared, now) >= tables.network.policy.requests)
    return takeFrom(tables.network, shared, now);
  const slot = slotOf(tables.single, key, now);
  if (slot === undefined) return takeFrom(tables.network, shared, now);
  const verdict = takeFrom(tables.single, slot, now);
  if (verdict.allowed) tables.network.add(shared, now);
  return verdict;
}

function takeShared(tables: Tables, key: string, now: number): Verdict {
  const network = networkKey(key);
  const slot = slotOf(tables.network, network, now);
  if (slot !== undefined) return takeFrom(tables.network, slot, now);
  const last = slotOf(tables.everybody, everybody, now);
  return takeFrom(tables.everybody, last ?? 0, now);
}

function takeFrom(table: WindowTable, slot: number, now: number): Verdict {
  const hits = table.count(slot, now);
  const allowed = hits < table.policy.requests;
  if (allowed) table.add(slot, now);
  return verdictOf(table.policy, allowed, allowed ? hits + 1 : hits, table.freesAt(slot, now) - now);
}
