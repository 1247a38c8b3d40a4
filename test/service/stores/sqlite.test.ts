// The contract of the stores, kept by SQLite.

import { describeStores } from './kit.ts'
import { openSubject } from './support.ts'

describeStores('SQLite', openSubject)
