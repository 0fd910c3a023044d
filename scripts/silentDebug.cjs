// Stands in for the `debug` package in what ships: with DEBUG=* in the environment, ioredis would write every command
// with its arguments, the password of AUTH among them, to the standard error of the extension host.
const silent = () => Object.assign(() => undefined, { enabled: false });
module.exports = silent;
module.exports.default = silent;
