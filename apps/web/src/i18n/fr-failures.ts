/** Ce qui n'a pas marché, en français. */
import type { enFailures } from "./en-failures.ts";
import type { PageFailures } from "./page-failure.ts";

export const frFailures: Readonly<Record<keyof typeof enFailures, string>> = {
  ERR_INVITE_INVALID: "Cette invitation n’est pas valable. Demandez-en une autre à qui vous l’a envoyée.",
  ERR_INVITE_SPENT: "Cette invitation a déjà servi. Demandez-en une autre.",
  ERR_INVITE_EXPIRED: "Cette invitation a expiré. Demandez-en une autre.",
  ERR_LINK: "Ce n’est pas un lien Rempart, ou il est tronqué. Copiez-le de nouveau, jusqu’au dernier caractère.",
  ERR_OTHER_ORIGIN: "Ce lien appartient à un autre serveur. Ouvrez-le dans la barre d’adresse du navigateur.",
  ERR_LINK_EMPTY: "Collez d’abord un lien.",
  ERR_CONTACT_LINK: "Ce lien ajoute un contact ; pour créer un compte, il faut une invitation.",
  ERR_LINK_WITHOUT_CONTACT: "Ce lien ne sert qu’à créer un compte ; vous en avez déjà un.",
  ERR_NAME_EMPTY: "Il faut un nom.",
  ERR_PHRASE: "Ce ne sont pas les bons mots. Regardez ce que vous avez noté et réessayez.",
  ERR_OFFLINE: "Pas de connexion au serveur. Réessayez quand elle sera revenue.",
  ERR_TIMEOUT: "Le serveur n’a pas répondu à temps. Vérifiez si c’est fait avant de réessayer.",
  ERR_CLOSED: "La fenêtre qui s’en chargeait a été fermée. Vérifiez si c’est fait avant de réessayer.",
  ERR_BUSY: "Le serveur est très occupé. Réessayez dans un instant.",
  ERR_QUOTA: "La limite du serveur est atteinte. Réessayez plus tard.",
  ERR_STORAGE_FULL: "Le disque du serveur est plein. Son responsable doit faire de la place.",
  ERR_SHUTTING_DOWN: "Le serveur redémarre. Réessayez dans un instant.",
  ERR_VERSION: "Cette page est plus ancienne que le serveur. Rechargez-la.",
  ERR_DENIED: "Le serveur ne l’a pas permis.",
  ERR_PERMISSION: "Votre rôle dans ce groupe ne le permet pas.",
  ERR_INACTIVE: "Vous ne faites plus partie de cette conversation.",
  ERR_HYBRID_FULL:
    "Ce groupe compte autant d’appareils que le chiffrement post-quantique en permet. Créez-en un nouveau avec tout le monde.",
  ERR_FILE_TOO_LARGE: "Ce fichier est trop volumineux.",
  ERR_FILE_DAMAGED: "Ce fichier n’est pas celui qui a été envoyé ; il n’a pas été ouvert.",
  ERR_OTHER_SERVER: "Ce lien appartient à un autre serveur que votre compte.",
  ERR_OWN_LINK: "C’est votre propre lien.",
  ERR_NO_KEY_PACKAGE: "Cette personne n’est pas joignable pour l’instant : son appareil doit d’abord se connecter.",
  ERR_SERVER_FORK:
    "Le serveur a montré des historiques différents aux membres de cette conversation. Comparez ce qui a été écrit par un autre moyen.",
  ERR_ACCOUNT_EXISTS: "Il y a déjà un compte dans ce navigateur.",
};

export const frPageFailures: PageFailures = {
  ERR_INSECURE_CONTEXT: {
    title: "Cette adresse n’est pas sûre",
    advice:
      "Les navigateurs n’offrent le chiffrement et le stockage privé qu’en https, ou sur cet ordinateur même. Ouvrez Rempart par son adresse https.",
  },
  ERR_BROWSER_TOO_OLD: {
    title: "Ce navigateur ne peut pas faire fonctionner Rempart",
    advice:
      "Il lui manque le stockage privé de fichiers ou les verrous. Utilisez un Firefox, Chrome, Edge ou Safari récent, hors navigation privée.",
  },
  ERR_LOCAL_FULL: {
    title: "Il n’y a plus de place sur cet appareil",
    advice:
      "Rien de ce qui a été envoyé n’est perdu. Libérez de l’espace sur le disque, ou autorisez ce site à stocker davantage, puis réessayez.",
  },
  ERR_LOCAL_CORRUPT: {
    title: "La base de données de ce navigateur est endommagée",
    advice:
      "Rempart s’est arrêté pour ne rien aggraver. Redémarrez le navigateur et réessayez ; si cela ne suffit pas, il vous faut votre phrase de récupération.",
  },
  ERR_LOCAL_STORAGE: {
    title: "Ce navigateur n’autorise pas Rempart à stocker des données",
    advice:
      "Quittez la navigation privée et autorisez ce site à conserver des données. Si un autre programme utilise le profil du navigateur, fermez-le et réessayez.",
  },
  ERR_STORAGE_WIPED: {
    title: "Les données de ce navigateur ont été effacées",
    advice:
      "Il y avait ici un compte, et ses clés et messages ont disparu : le navigateur, ou quelqu’un, a effacé les données de ce site. Avec une nouvelle invitation vous pouvez recommencer ; gardez votre phrase de récupération.",
  },
  ERR_ENGINE_LOAD: {
    title: "Rempart n’a pas pu être chargé entièrement",
    advice: "Une partie du programme n’est pas arrivée. Vérifiez la connexion et réessayez.",
  },
  default: {
    title: "Rempart s’est arrêté",
    advice: "Il s’est passé quelque chose d’imprévu. Rien de ce qui a été envoyé n’est perdu. Réessayez.",
  },
};
