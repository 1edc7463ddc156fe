import type { Migration } from './migration.js';

/** What events are asked by; the id makes each the order of a page, too. */
export const eventFilters: Migration = {
  name: '0005-event-filters',
  tables: [],
  statements: () => [
    'create index sallyport_events_name on sallyport_events (name, id)',
    'create index sallyport_events_subject on sallyport_events (subject_id, id)',
    'create index sallyport_events_actor on sallyport_events (actor_id, id)',
  ],
};
