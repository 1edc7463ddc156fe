import { defineAccess } from 'sallyport';

/** Who may do what, beside Sallyport's own roles: an editor publishes, an admin may do everything. */
export const access = defineAccess({
  roles: ['editor'],
  permissions: { 'reports:publish': ['editor'] },
});
