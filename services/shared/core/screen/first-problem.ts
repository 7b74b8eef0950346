/** Of a message that lists what is wrong with files the first, in short: its file without the folder, no list of what is allowed. */
export function firstProblem(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^.*[/\\](?=[^/\\]+:\d+:\d+)/, '').replace(/[;.]+( allowed: .*)?$/, '');
}
