/**
 * The tags answers are stored under. Each kind has its own first letters, so that clearing a provider called "acme"
 * never touches a tenant called "acme"; a conversation belongs to its tenant.
 */
export const providerTag = (provider: string): string => `p:${provider}`;
export const modelTag = (model: string): string => `m:${model}`;
export const tenantTag = (tenant: string): string => `t:${tenant}`;
export const userTag = (tag: string): string => `u:${tag}`;

export function conversationTag(tenant: string | undefined, conversationId: string): string {
  return tenant === undefined ? `c:${conversationId}` : `ct:${tenant.length}:${tenant}:${conversationId}`;
}
