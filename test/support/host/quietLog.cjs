// Stands in for the server's native log module, which is not built here: without it each logger's failure is logged at length,
// and VS Code writes no log files at all. Copied over `@vscode/spdlog/index.js` when the host is installed.
'use strict';
const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

class Logger {
  constructor(_kind, name, path) {
    this.name = name;
    this.path = path;
    this.level = 2;
    mkdirSync(dirname(path), { recursive: true });
  }
  write(level, message) {
    if (level < this.level) return;
    try {
      appendFileSync(this.path, `${new Date().toISOString()} [${LEVELS[level]}] ${message}\n`);
    } catch {
      this.level = LEVELS.length; // its folder is gone: the run is over
    }
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  flush() {}
  drop() {}
  setPattern() {}
  clearFormatters() {}
}
LEVELS.forEach((name, level) => {
  Logger.prototype[name] = function log(message) {
    this.write(level, message);
  };
});

async function create(name, path) {
  return new Logger('rotating', name, path);
}

// Assigned one by one: VS Code imports them by name, and Node finds the names by this form only.
exports.version = 0;
exports.Logger = Logger;
exports.setLevel = function setLevel() {};
exports.setFlushOn = function setFlushOn() {};
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
