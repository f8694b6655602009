/** What the launcher of `rempart server` (`apps/cli/bin`) gives Node on so many cores. */
export function launcherArguments(cores: number): readonly string[] {
  const always = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=16"];
  return cores === 1 ? [...always, "--single-threaded-gc"] : always;
}
