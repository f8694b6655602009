/** Characters of a person's or a group's name: what fits a line, and well under what the wire allows. */
export const nameLengthMax = 64;
