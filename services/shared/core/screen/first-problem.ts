/** Of a message that lists what is wrong with files the first: with the name of its file, line and column, without the folder. */
export function firstProblem(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^.*[/\\](?=[^/\\]+:\d+:\d+)/, '');
}
