// Layer: node. Notice of changed files: the system's own where it works, and a look at regular intervals below it, because
// network file systems and containers say nothing. A notice says that something may have changed, never what.

import { type FSWatcher, watch } from 'node:fs'

/** What ends the notices. */
export interface Watching {
  readonly close: () => void
}

// LIMIT: an editor or a script that writes a folder changes several files at once; one look serves them all.
const SETTLE_MILLISECONDS = 100

/**
 * Calls back soon after something in the folders has changed, and at every interval. Neither keeps the process alive.
 *
 * @param onChange must not throw
 */
export function watchFolders(
  folders: Iterable<string>,
  pollMilliseconds: number,
  onChange: () => void,
): Watching {
  let settling: NodeJS.Timeout | undefined
  const notice = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined
      onChange()
    }, SETTLE_MILLISECONDS).unref()
  }
  const watchers = [...new Set(folders)].map((folder) => watchFolder(folder, notice))
  const poll = setInterval(onChange, pollMilliseconds).unref()
  return {
    close() {
      for (const watcher of watchers) watcher?.close()
      clearInterval(poll)
      clearTimeout(settling)
    },
  }
}

function watchFolder(folder: string, notice: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, notice)
    // The folder has gone, or the system has no more watches to give: the interval is still there.
    return watcher.on('error', () => watcher.close())
  } catch {
    // As above.
    return undefined
  }
}
