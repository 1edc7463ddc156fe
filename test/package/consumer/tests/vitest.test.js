import { test } from 'vitest';
import { overridden, story } from './story.js';

test('roles and a clock', story);
test('an override', overridden);
