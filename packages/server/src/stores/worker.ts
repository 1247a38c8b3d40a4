// Server: the worker thread of a store. It alone writes to the database, one message at a time; what goes wrong is an
// answer, and the database is opened again where the connection may be broken. It imports nothing of `ingam`: only
// node:, kysely and files beside it, so that it starts fast and runs from source.

import type { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { addCheckpoint, clockMark, moveClock, probe, prune, pruneKeys } from './housekeeping.ts'
import type {
  Ask,
  BatchMessage,
  FromWorker,
  QuestionName,
  Questions,
  ToWorker,
  WorkerStart,
} from './messages.ts'
import { StoreHolder } from './store-holder.ts'
import type { StoreQueries } from './store-queries.ts'

type Handlers = {
  readonly [N in QuestionName]: (
    argument: Questions[N]['ask'],
  ) => Questions[N]['answer'] | Promise<Questions[N]['answer']>
}

function handlersOf(holder: StoreHolder): Handlers {
  const read = (): Promise<StoreQueries> => holder.queries()
  const write = <T>(change: (database: DatabaseSync) => T): T => {
    const { engine, database } = holder.open()
    const result = engine.write(() => change(database))
    holder.succeeded()
    return result
  }
  return {
    findGrant: (id) => holder.open().findGrant(id),
    listGrants: async (options) => await (await read()).listGrants(options),
    blocks: async () => await (await read()).blocks(),
    currentPolicy: async () => await (await read()).currentPolicy(),
    findPolicy: async (version) => await (await read()).findPolicy(version),
    listPolicies: async (options) => await (await read()).listPolicies(options),
    listKeys: async () => await (await read()).listKeys(),
    pruneKeys: (now) => write((database) => pruneKeys(database, now)),
    auditTail: async (options) => await (await read()).auditTail(options),
    auditRead: async (options) => await (await read()).auditRead(options),
    auditHead: () => holder.open().engine.head,
    addCheckpoint: (signed) => write((database) => addCheckpoint(database, signed)),
    checkpoints: async (limit) => await (await read()).checkpoints(limit),
    clockMark: () => clockMark(holder.open().database),
    moveClock: (now) => write((database) => moveClock(database, now)),
    prune: (options) => {
      const more = write((database) => prune(database, options))
      holder.open().engine.reload()
      return more
    },
    probe: () => {
      holder.hurry()
      return write(probe)
    },
    close: () => holder.end(),
  }
}

function answerBatch(holder: StoreHolder, message: BatchMessage): FromWorker {
  try {
    const { answers, transactions, fault } = holder.open().engine.commitBatch(message, message.now)
    if (fault === undefined) holder.succeeded()
    else holder.failed(fault)
    return { kind: 'batch', answers, transactions }
  } catch (error) {
    return { kind: 'batchFault', fault: holder.failed(error).fault }
  }
}

async function answerQuestion<N extends QuestionName>(
  handlers: Handlers,
  name: N,
  argument: Questions[N]['ask'],
): Promise<Questions[N]['answer']> {
  return await handlers[name](argument)
}

function startStore(port: NonNullable<typeof parentPort>, start: WorkerStart): void {
  const holder = new StoreHolder(start)
  const handlers = handlersOf(holder)
  const post = (message: FromWorker | AnyAnswer): void => port.postMessage(message)
  const answer = async ({ id, name, argument }: Ask): Promise<void> => {
    try {
      post({ kind: 'answer', id, answer: await answerQuestion(handlers, name, argument) })
    } catch (error) {
      post({ kind: 'askFault', id, fault: holder.failed(error).fault })
    }
  }
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'batch') post(answerBatch(holder, message))
    else void answer(message)
  })
  try {
    holder.open()
    post({ kind: 'started', instance: holder.instance })
  } catch (error) {
    post({ kind: 'started', instance: undefined, fault: holder.failed(error).fault })
  }
}

/** An answer before it is posted, when its type is still that of its question. */
interface AnyAnswer {
  readonly kind: 'answer'
  readonly id: number
  readonly answer: Questions[QuestionName]['answer']
}

if (!isMainThread && parentPort !== null) startStore(parentPort, workerData)
