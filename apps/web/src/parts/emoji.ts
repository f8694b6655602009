/** The emoji offered by pickers; any other can be typed with the system's own keyboard. */

export const quickEmoji = ["👍", "❤️", "😂", "😮", "😢", "🙏"] as const;

export const emoji: readonly string[] = Array.from(
  new Intl.Segmenter().segment(
    "😀😃😄😁😆😅🤣😂🙂😉😊😇🥰😍😘😋😜🤪🤗🤔🤫🤐😐😏🙄😬😌😴😷🤒🤯🥳😎🤓😕🙁😮😳🥺😢😭😱😤😡🤬💀💩🤡👻👽🤖" +
      "👍👎👌🤌✌️🤞🤟🤙👈👉👆👇✋👋🤝🙏💪👏🙌🫶❤️🧡💛💚💙💜🖤🤍💔💯💥💫🔥✨⭐🎉🎊🎁🎂☕🍺🍷🍕🌍🌙☀️🌧️❄️🌈🌹🌳🐱🐶🦊🐢🐝" +
      "✅❌❓❗⏰📅📌📎🔒🔑💡📷🎵🚀🚲🚆🏠🏰",
  ),
  ({ segment }) => segment,
);
