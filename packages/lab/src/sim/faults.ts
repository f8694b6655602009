/** What goes wrong, drawn from the seed. Each fault is over, or can be undone by {@link World.heal}. */
import type { Device } from "./device.ts";
import { lies } from "./liar.ts";
import { fairWeather } from "./network.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export interface Faulting {
  readonly world: World;
  readonly device: Device;
  readonly random: Random;
}

type Fault = (faulting: Faulting) => void;

export const faults = {
  cutLink({ world, device }) {
    world.stage.network.cut((link) => device.owns(link));
  },
  partition({ world, device, random }) {
    device.weather.isPartitioned = true;
    world.stage.schedule.after(random.between(500, 90_000), `heal ${device.name}`, () => world.reach(device));
  },
  badWeather({ device, random }) {
    device.weather.delayMsMax = random.between(20, 3_000);
    device.weather.bytesPerMs = random.between(1, 50);
    device.weather.cutChance = random.chance(0.5) ? 0.03 : 0;
  },
  fairWeather({ device }) {
    Object.assign(device.weather, fairWeather, { isPartitioned: device.weather.isPartitioned });
  },
  crash({ world, device, random }) {
    device.kill("crash");
    world.restartLater(device, random.below(20_000));
  },
  crashAtDisk({ device, random }) {
    device.killSoon(random.below(40));
  },
  diskFault({ device, random }) {
    device.failNextCommit(random.chance(0.5) ? "failAndNotPersist" : "failButPersist");
  },
  /** A second tab takes the database over while the first is in the middle of something. */
  otherTab({ world, device }) {
    world.restartLater(device, 0);
  },
  backup({ device }) {
    device.takeBackup();
  },
  restoreBackup({ world, device }) {
    if (device.hasBackup) world.restoreLater(device);
  },
  /** What all devices know of the keys of a one-to-one chat is damaged: nobody can help anybody back into it. */
  losePlace({ world, device, random }) {
    const chat = random.pick(device.directChats());
    if (chat !== undefined) world.losePlace(chat, random);
  },
  serverCrash({ world, random }) {
    world.server.crash();
    world.stage.schedule.after(random.below(8_000), "server restart", () => world.server.start());
  },
  serverStop({ world, random }) {
    world.server.stop();
    world.stage.schedule.after(random.below(8_000), "server restart", () => world.server.start());
  },
  serverDisk({ world, random }) {
    world.server.disk.faultChance = random.chance(0.5) ? 0 : 0.02;
  },
  /** A clock jumps, there or back; less than the hour of grace that key packages have. */
  clockJump({ world, device, random }) {
    const offsetMs = random.between(-clockJumpMsMax, clockJumpMsMax);
    if (random.chance(0.5)) world.server.clockOffsetMs = offsetMs;
    else device.clockOffsetMs = offsetMs;
  },
  /** The server lies to one device until its link is cut. */
  lie({ world, device, random }) {
    world.server.lieTo(device.name, random.pick(lies) ?? "gap");
    world.stage.schedule.after(random.between(1_000, 60_000), `honest ${device.name}`, () => {
      world.stage.network.cut((link) => device.owns(link));
    });
  },
  junk({ world, device, random }) {
    world.mallory.strike(device, random);
  },
} satisfies Record<string, Fault>;

const clockJumpMsMax = 25 * 60_000;

export type FaultName = keyof typeof faults;

/** Drawn only where it is named: about one seed in a hundred that has all others as well still breaks by it. */
export const faultsOnRequest: readonly FaultName[] = ["losePlace"];

/** How often each is drawn, relative to the others, where a run has it at all. */
export const faultWeights: Readonly<Record<FaultName, number>> = {
  cutLink: 10,
  partition: 6,
  badWeather: 5,
  fairWeather: 4,
  crash: 6,
  crashAtDisk: 6,
  diskFault: 4,
  otherTab: 4,
  backup: 2,
  restoreBackup: 1,
  losePlace: 1,
  serverCrash: 3,
  serverStop: 1,
  serverDisk: 2,
  clockJump: 2,
  lie: 3,
  junk: 3,
};
