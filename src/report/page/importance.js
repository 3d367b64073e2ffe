// The importance of the hyperparameters: shares of variance as bars.

/** @import { Engine, Importance, Report, Store } from './types.d.ts' */
import { create } from './dom.js';

/** The meaning of the shares. */
const EXPLANATIONS = {
    variance:
        'The share of the variance of log10(mean J − J*) that each hyperparameter explains alone, exact for this grid. ' +
        'The rest is the share of interactions: the effect of one hyperparameter depends on another one. A diverged run counts as one that stays at the start.',
    divergence:
        'How much the values of each hyperparameter among the best tenth of the runs differ from its values among all runs, as a share of the sum of these ' +
        'differences (PED-ANOVA). A hyperparameter without influence has about the same values among the best runs as among all.',
};

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine | null} _engine
 * @param {Store} _store
 */
export function mountImportance(element, report, _engine, _store) {
    const shares = report.importance;
    if (shares.length === 0) {
        element.hidden = true;
        return;
    }
    element.append(create('p', {}, EXPLANATIONS[shares[0].measure]));
    const blocks = [...new Set(shares.map(({ block }) => block))];
    element.append(
        ...blocks.map((block) =>
            shareTable(
                block,
                shares.filter((share) => share.block === block),
            ),
        ),
    );
}

/**
 * @param {string | null} block
 * @param {Importance[]} shares
 */
function shareTable(block, shares) {
    const alone = shares.reduce((sum, { share }) => sum + share, 0);
    // The share of the optimizer among optimizers with different axes has no interactions.
    const rest =
        shares.length > 1 && shares[0].measure === 'variance' ? [shareRow('interactions', Math.max(1 - alone, 0), 'interactions')] : [];
    const caption = create('caption', {}, block === null ? 'All runs' : `Runs of ${block}`);
    return create(
        'table',
        { className: 'importance' },
        caption,
        create('tbody', {}, ...shares.map(({ key, share }) => shareRow(key, share, '')), ...rest),
    );
}

/**
 * @param {string} name
 * @param {number} share
 * @param {string} className
 */
function shareRow(name, share, className) {
    const bar = create('div', { className: `bar ${className}` });
    bar.style.width = `${100 * share}%`;
    const percent = share > 0 && share < 0.001 ? '< 0.1 %' : `${(100 * share).toFixed(1)} %`;
    return create(
        'tr',
        {},
        create('th', { scope: 'row' }, name),
        create('td', { className: 'number' }, percent),
        create('td', { className: 'bar-cell' }, bar),
    );
}
